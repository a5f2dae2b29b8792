/* Which key does the page use? It is kept in this tab only, and sent in a header. */
import { useState } from "preact/hooks";

export function SignIn({ onKey }: { onKey(key: string): void }) {
  const [key, setKey] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    if (key !== "") onKey(key);
  };
  return (
    <form class="sign-in" onSubmit={submit}>
      <h1>Key</h1>
      <p>This server needs an API key or a token. It is kept in this tab until you close it.</p>
      <label class="field">
        Key or token
        <input type="password" autoComplete="off" value={key} onInput={(event) => setKey(event.currentTarget.value)} />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}
