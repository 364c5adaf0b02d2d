/** @returns path of the bundled program */
export function bundleProgram(root: string, entry: string): Promise<string>;
