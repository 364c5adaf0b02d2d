import { McpGatewayError } from './gateway-error';

/** Loads a package the CDK construct has no use for, so that it need not be installed everywhere. */
export async function optionalPackage<T>(name: string, load: () => Promise<T>, purpose: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new McpGatewayError(
      'package_missing',
      `${purpose} needs the package ${name}, which does not load`,
      `npm install ${name}`,
      { cause },
    );
  }
}
