// Copyright (c) 2026, the entra.cross_tenant_sync authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Microsoft's JavaScript client performs operations against the emulator. Standard input is JSON:
//   {url, version, batched, accounts: {name: {tenant, clientId, secret}}, names: {name: id}, operations: [...], paged: {...}, sequence: [...]}
// Standard output is JSON: {refused: ["METHOD path: why"], paged: [ids], statuses: [of the last batch]}.

import { ConfidentialClientApplication } from "@azure/msal-node";
import graph from "@microsoft/microsoft-graph-client";
import { text } from "node:stream/consumers";

const { BatchRequestContent, BatchResponseContent, Client, PageIterator } = graph;
const asked = JSON.parse(await text(process.stdin));
const host = new URL(asked.url);

/** The client of an account, which signs in with a secret. */
function client({ tenant, clientId, secret }) {
  const application = new ConfidentialClientApplication({
    auth: { clientId, clientSecret: secret, authority: `${asked.url}/${tenant}`, knownAuthorities: [host.host] },
  });
  const getAccessToken = async () =>
    (await application.acquireTokenByClientCredential({ scopes: ["https://graph.microsoft.com/.default"] })).accessToken;
  return Client.initWithMiddleware({
    authProvider: { getAccessToken },
    baseUrl: asked.url,
    customHosts: new Set([host.hostname]),
    defaultVersion: asked.version,
  });
}

const clients = Object.fromEntries(Object.entries(asked.accounts).map(([name, account]) => [name, client(account)]));

/** A path or a body with the ids of the things. */
function filled(value) {
  if (typeof value === "string") return value.replace(/\{(\w+)\}/g, (_whole, name) => asked.names[name]);
  if (Array.isArray(value)) return value.map(filled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member)]));
}

/** One request through the client's own method. */
async function direct(operation) {
  const request = clients[operation.account].api(filled(operation.path)).headers(operation.headers);
  const method = operation.method.toLowerCase();
  return method === "get" || method === "delete" ? request[method]() : request[method](filled(operation.body));
}

/** Requests as the items of one batch; their responses by their ids. */
async function batch(account, items) {
  const steps = items.map(({ id, method, path, headers, body, dependsOn }) => ({
    id,
    dependsOn,
    request: new Request(asked.url + filled(path), {
      method,
      headers: body === null ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === null ? undefined : JSON.stringify(filled(body)),
    }),
  }));
  const content = await new BatchRequestContent(steps).getContent();
  return new BatchResponseContent(await clients[account].api("/$batch").post(content)).getResponses();
}

/** One request as the only item of a batch. */
async function alone(operation) {
  const answer = (await batch(operation.account, [{ id: "1", ...operation }])).get("1");
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  return isJson ? answer.json() : answer.text();
}

const refused = [];
for (const operation of asked.operations) {
  try {
    const answer = await (asked.batched ? alone : direct)(operation);
    if (operation.method === "GET" && (answer === undefined || answer === "")) refused.push(`${operation.method} ${operation.path}: no answer`);
    for (const [name, place] of Object.entries(operation.kept)) {
      asked.names[name] = place.reduce((value, step) => value[step], answer);
    }
  } catch (problem) {
    refused.push(`${operation.method} ${operation.path}: ${problem.statusCode ?? ""} ${problem.code ?? ""} ${problem.message}`.slice(0, 300));
  }
}

const paged = [];
const first = await clients[asked.paged.account].api(asked.paged.path).get();
await new PageIterator(clients[asked.paged.account], first, (item) => Boolean(paged.push(item.id))).iterate();

const answers = await batch(asked.paged.account, asked.sequence);
const statuses = asked.sequence.map(({ id }) => answers.get(id).status);

process.stdout.write(JSON.stringify({ refused, paged, statuses }));
