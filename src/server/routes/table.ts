/* Which routes are there? Each with its schema: requests are checked by this table, and the OpenAPI document is made of it. */
import { collectionRoutes } from "./collections.ts";
import { liveRoutes } from "./live.ts";
import { metricRoutes } from "./metrics.ts";
import { nativeRoutes } from "./native.ts";
import { pointRoutes } from "./points.ts";
import type { Route } from "./route.ts";
import { serviceRoutes } from "./service.ts";
import { spaceRoutes } from "./spaces.ts";

export const ROUTES: readonly Route[] = [
  ...serviceRoutes,
  ...collectionRoutes,
  ...pointRoutes,
  ...nativeRoutes,
  ...spaceRoutes,
  ...metricRoutes,
  ...liveRoutes,
];
