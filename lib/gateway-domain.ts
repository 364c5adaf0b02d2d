import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';

/** The gateway's own domain. It is served from the domain's root, with TLS 1.2 or newer. */
export interface GatewayDomain {
  /** Such as `mcp.example.com`. */
  readonly domainName: string;

  /** A certificate for the domain, in the stack's region. */
  readonly certificate: ICertificate;

  /**
   * The zone to put the domain's A and AAAA records in.
   *
   * @default - no record; point one to the API's regional domain name yourself
   */
  readonly hostedZone?: IHostedZone;
}
