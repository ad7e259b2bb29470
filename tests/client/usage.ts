// How a front end in TypeScript uses the API, with a client made from the description by openapi-typescript and
// openapi-fetch. It is compiled, not run: .ci/client.sh puts the generated `schema.d.ts` beside it.

import createClient, { type Client, type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema";

type Problem = components["schemas"]["Problem"];
type Partnership = components["schemas"]["PartnershipPublic"];
type Api = Client<paths>;

/** Why the server refused, for whoever reads the code. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
  /** The rule that a field breaks, by its JSON pointer. */
  field(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.message;
  }
}

/** Signs in; every call of the client that comes back is made as that person. */
export async function signIn(baseUrl: string, email: string, password: string): Promise<Api> {
  const api = createClient<paths>({ baseUrl });
  const { data, error, response } = await api.POST("/api/v1/sessions", { body: { email, password } });
  if (error) throw new Refused(error);
  const location: string | null = response.headers.get("location");
  console.log(`a session at ${location}`);
  const asPerson: Middleware = {
    onRequest({ request }) {
      request.headers.set("authorization", `Bearer ${data.access_token}`);
      return request;
    },
  };
  api.use(asPerson);
  return api;
}

/** Every public partnership, page by page. */
export async function* partnerships(api: Api, area_id: string): AsyncGenerator<Partnership> {
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/api/v1/partnerships", {
      params: { query: { area_id, state: "forming", limit: 100, ...(cursor !== undefined && { cursor }) } },
    });
    if (error) throw new Refused(error);
    yield* data.items;
    cursor = data.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

/** `view` tells which of the two shapes came. */
export async function missionOf(api: Api, partnership_id: string): Promise<string | null> {
  const { data, error } = await api.GET("/api/v1/partnerships/{partnership_id}", {
    params: { path: { partnership_id } },
  });
  if (error) throw new Refused(error);
  switch (data.view) {
    case "public":
      // @ts-expect-error the public face has no mission
      return data.mission;
    case "full":
      return data.mission;
  }
}

/** A repeat of the same call with the same key happens once. */
export async function measure(api: Api, objective_id: string, value: number, key: string): Promise<string> {
  const { data, error } = await api.POST("/api/v1/objectives/{objective_id}/measurements", {
    params: { path: { objective_id }, header: { "Idempotency-Key": key } },
    body: { value, measured_on: "2027-03-01", source: "Counted on the evening walk" },
  });
  if (error) {
    if (error.code === "idempotency_reused") throw new Error("a key belongs to one request");
    throw new Refused(error);
  }
  return data.id;
}

/** Nobody's change is overwritten unseen: `version` is the one that was read. */
export async function rename(api: Api, partnership_id: string, version: number, name: string): Promise<number> {
  const { data, error } = await api.PATCH("/api/v1/partnerships/{partnership_id}", {
    params: { path: { partnership_id }, header: { "If-Match": `"${version}"` } },
    body: { name, public_contact: null },
  });
  if (error) {
    if (error.code === "precondition_failed" && error.current_version !== undefined) {
      return rename(api, partnership_id, error.current_version, name);
    }
    throw new Refused(error);
  }
  return data.version;
}

/** What the compiler has to refuse. */
export async function mistakes(api: Api): Promise<void> {
  // @ts-expect-error no such address
  await api.GET("/api/v1/nothing");
  // @ts-expect-error a password is needed
  await api.POST("/api/v1/sessions", { body: { email: "ann@example.org" } });
  // @ts-expect-error states are a closed list
  await api.GET("/api/v1/partnerships", { params: { query: { state: "sleeping" } } });
  // @ts-expect-error changes need If-Match
  await api.PATCH("/api/v1/partnerships/{partnership_id}", { params: { path: { partnership_id: "" } }, body: {} });
}
