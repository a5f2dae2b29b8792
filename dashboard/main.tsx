/* The dashboard's first lines: styles, and the app in the page. */
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { render } from "preact";
import { App } from "./pages/app.tsx";

render(<App />, document.getElementById("app")!);
