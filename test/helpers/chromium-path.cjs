const { existsSync } = require('node:fs');

/** Names the browser where it is in none of the usual places. */
const VARIABLE = 'MCP_GATEWAY_CHROMIUM';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Where Chromium is on this machine; or why the tests that need one cannot run. */
function findChromium() {
  const given = process.env[VARIABLE];
  const path = (given === undefined ? USUAL_PLACES : [given]).find((place) => existsSync(place));
  if (path !== undefined) return { path };
  const where = given === undefined ? '' : ` at ${given}`;
  return {
    reason: `no Chromium found${where}: install it (apt-get install chromium, brew install --cask chromium, or Google Chrome) or set ${VARIABLE} to the path of its executable`,
  };
}

module.exports = { findChromium };
