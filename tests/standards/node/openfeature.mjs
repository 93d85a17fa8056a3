// Evaluates flags for units, one JSON document a line, with the released OpenFeature provider.
// usage: node openfeature.mjs ADDRESS API_KEY FLAGS UNITS ANSWERS
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

const [baseUrl, key, flags, units, answers] = process.argv.slice(2);
const provider = new OFREPProvider({ baseUrl, headers: [["X-API-Key", key]] });
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();
const keys = JSON.parse(flags);
const out = createWriteStream(answers);

const told = (value) => (value.variant ? `${value.experiment}:${value.variant}` : "");

for await (const line of createInterface({ input: createReadStream(units) })) {
  const { ids, attributes, consent } = JSON.parse(line);
  const { visitor_id: targetingKey, ...others } = ids;
  const asked = { ...attributes, ...others, ...(targetingKey ? { targetingKey } : {}) };
  if (!consent) asked.consent = { personalization: false };
  const values = await Promise.all(keys.map((flag) => client.getObjectValue(flag, {}, asked)));
  out.write(JSON.stringify(values.map(told)) + "\n");
}
out.end();
await OpenFeature.close();
