/* Which page is shown, and with which key? The address says which; every page gets the live figures and the caller's rights. */
import { useEffect, useState } from "preact/hooks";
import { type Feed, follow } from "../data/live.ts";
import { call, keyNow, Refused, type Session, setKey } from "../data/server.ts";
import { Wrong } from "../parts/notes.tsx";
import { placeOf, reason, usePlace } from "../parts/use.ts";
import { CollectionPage } from "./collection.tsx";
import { CollectionsPage } from "./collections.tsx";
import { MapPage } from "./map.tsx";
import { PointsPage } from "./points.tsx";
import { SchedulerPage } from "./scheduler.tsx";
import { SignIn } from "./sign-in.tsx";
import { StoragePage } from "./storage.tsx";
import { ThemeButton } from "./theme.tsx";

/** What pages may use. */
interface Shared {
  feed: Feed;
  session: Session;
}

const PAGES: [place: string, name: string][] = [
  ["scheduler", "Scheduler"],
  ["collections", "Collections"],
  ["points", "Points"],
  ["map", "Map"],
  ["storage", "Storage"],
];

const STATES: Record<Feed["state"], string> = {
  connecting: "connecting …",
  live: "live",
  lost: "connection lost, trying again",
  refused: "refused",
};

export function App() {
  const [session, setSession] = useState<Session | "needs a key" | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [feed, setFeed] = useState<Feed>({ state: "connecting", events: [] });
  const [signIns, setSignIns] = useState(0);
  const place = usePlace();
  const page = PAGES.find(([one]) => one === place[0])?.[0] ?? "scheduler";
  useEffect(() => {
    let unfollow = () => {};
    call<Session>("GET", "v1/session").then(
      (found) => {
        setError(null);
        setSession(found);
        unfollow = follow(setFeed);
      },
      (failure) => {
        if (failure instanceof Refused && failure.status === 401) setSession("needs a key");
        setError(failure instanceof Refused && failure.status === 401 && keyNow() === null ? null : reason(failure));
      },
    );
    return () => unfollow();
  }, [signIns]);
  const signIn = (key: string | null) => {
    setKey(key);
    setSession(null);
    setFeed({ state: "connecting", events: [] });
    setSignIns(signIns + 1);
  };
  return (
    <>
      <button type="button" class="skip" onClick={toMain}>
        To the content
      </button>
      <header class="bar">
        <strong>hnsw-workers</strong>
        <nav aria-label="Pages">
          {PAGES.map(([one, name]) => (
            <a key={one} href={placeOf(one)} aria-current={one === page ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class={`state ${feed.state}`} role="status">
          {STATES[feed.state]}
        </span>
        <ThemeButton />
        {keyNow() !== null && (
          <button type="button" onClick={() => signIn(null)}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {error !== null && <Wrong>{error}</Wrong>}
        {session === "needs a key" && <SignIn onKey={signIn} />}
        {session !== null && session !== "needs a key" && (
          <Page page={page} place={place} feed={feed} session={session} />
        )}
      </main>
    </>
  );
}

/** A button: the address stands for the page, so a link can't name a place in it. */
function toMain(): void {
  document.getElementById("main")!.focus();
}

function Page({ page, place, feed, session }: Shared & { page: string; place: string[] }) {
  const name = place[1];
  if (page === "collections") {
    return name === undefined ? <CollectionsPage feed={feed} /> : <CollectionPage key={name} name={name} feed={feed} />;
  }
  if (page === "points") return <PointsPage key={name} name={name} id={place[2]} session={session} />;
  if (page === "map") return <MapPage key={name} name={name} />;
  if (page === "storage") return <StoragePage feed={feed} />;
  return <SchedulerPage feed={feed} session={session} />;
}
