/* What may the caller do? A page shows by it what can be changed. */
import { type Route, route } from "./route.ts";

export const sessionRoutes: Route[] = [
  route({
    ...{ method: "GET", path: "/v1/session", summary: "What the caller may do", access: "read" },
    shows: "what the caller may see",
    run: ({ caller: { right, collections } }) => ({ right, collections: Object.fromEntries(collections) }),
  }),
];
