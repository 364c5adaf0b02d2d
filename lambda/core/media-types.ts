export const JSON_TYPE = 'application/json';
export const EVENT_STREAM_TYPE = 'text/event-stream';
/** What nearly every client of MCP sends, letter by letter, so that it need not be taken apart. */
export const USUAL_ACCEPT = 'application/json, text/event-stream';
