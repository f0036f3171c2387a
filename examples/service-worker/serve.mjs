// `node serve.mjs`, then http://127.0.0.1:8789. PORT changes the port. Stop it, and the pages you have seen are still there.
import { startSite } from "./site.mjs";

const site = await startSite(Number(process.env.PORT ?? 8789));
console.log(site.url);
