/* Which routes are there? Each with its schema: requests are checked by this table, and the OpenAPI document is made of it. */
import { collectionRoutes } from "./collections.ts";
import { metricRoutes } from "./metrics.ts";
import { nativeRoutes } from "./native.ts";
import { pointRoutes } from "./points.ts";
import type { Route } from "./route.ts";
import { serviceRoutes } from "./service.ts";
import { sessionRoutes } from "./session.ts";

export const ROUTES: readonly Route[] = [
  ...serviceRoutes,
  ...collectionRoutes,
  ...pointRoutes,
  ...nativeRoutes,
  ...metricRoutes,
  ...sessionRoutes,
];
