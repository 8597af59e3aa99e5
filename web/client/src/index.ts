// @webedithost/client: edit iTwin.js iModels over one resumable WebSocket.
export * from "./api.js";
export { type BackoffOptions } from "./backoff.js";
export { Client, type CallArguments, type CallOptions, type ClientState, type MethodName, type NotificationName, type Params, type Result } from "./client.js";
export type { Credentials, WebSocketConstructor, WebSocketLike } from "./connection.js";
export * from "./errors.js";
export type { Hello } from "./hello.js";
export { type ClientOptions, type ResumePoint, VERSION } from "./options.js";
export type * from "./props.js";
