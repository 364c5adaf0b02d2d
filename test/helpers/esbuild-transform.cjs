const { createHash } = require('node:crypto');
const { transformSync } = require('esbuild');

const OPTIONS = { format: 'cjs', target: 'node24', sourcemap: 'inline', supported: { 'dynamic-import': false } };

module.exports = {
  process(code, filename) {
    const loader = filename.endsWith('ts') ? 'ts' : 'js';
    return { code: transformSync(code, { ...OPTIONS, loader, sourcefile: filename }).code };
  },
  getCacheKey(code, filename) {
    return createHash('sha256').update(JSON.stringify(OPTIONS)).update(filename).update(code).digest('hex');
  },
};
