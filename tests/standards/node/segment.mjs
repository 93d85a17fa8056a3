// Sends what visitors did with Segment's library: batches of seven, resent as the library sees fit.
// usage: node segment.mjs ADDRESS WRITE_KEY CALLS
import { readFileSync } from "node:fs";
import { Analytics } from "@segment/analytics-node";

const [host, writeKey, calls] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, flushAt: 7, flushInterval: 200, maxRetries: 5 });
const failed = [];
analytics.on("error", (error) => failed.push(String(error.reason ?? error.code)));

for (const [kind, call] of JSON.parse(readFileSync(calls))) analytics[kind](call);
await analytics.closeAndFlush({ timeout: 60_000 });
console.log(JSON.stringify(failed));
