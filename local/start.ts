import { runStart } from './start/run-start';

process.exit(await runStart(process.argv.slice(2)));
