// Evaluates features for units, one JSON document a line, with the released GrowthBook client.
// usage: node growthbook.mjs ADDRESS CLIENT_KEY FLAGS UNITS ANSWERS
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { GrowthBookClient } from "@growthbook/growthbook";

const [apiHost, clientKey, flags, units, answers] = process.argv.slice(2);
const client = new GrowthBookClient({ apiHost, clientKey });
await client.init({ timeout: 10_000 });
const keys = JSON.parse(flags);
const out = createWriteStream(answers);

const told = ({ value }) => (value?.variant ? `${value.experiment}:${value.variant}` : "");

for await (const line of createInterface({ input: createReadStream(units) })) {
  const { ids, attributes, consent } = JSON.parse(line);
  const user = { attributes: consent ? { ...attributes, ...ids } : {} };
  out.write(JSON.stringify(keys.map((key) => told(client.evalFeature(key, user)))) + "\n");
}
out.end();
client.destroy();
