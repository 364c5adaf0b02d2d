// An MCP server on stdio that does nothing.
import { answer } from './mcp-answers.mjs';

let pending = '';
process.stdin.on('data', (chunk) => {
  pending += chunk;
  const lines = pending.split('\n');
  pending = lines.pop();
  for (const line of lines) {
    const message = line && answer(JSON.parse(line));
    if (message) process.stdout.write(`${JSON.stringify(message)}\n`);
  }
});
process.stdin.on('end', () => process.exit(0));
