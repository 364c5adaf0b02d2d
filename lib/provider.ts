import { PROVIDERS } from '../lambda/providers';
import type { ProviderFacts } from '../lambda/providers/provider-facts';
import { providerFacts } from './provider-input';
import type { ProviderOptions } from './provider-options';

/**
 * A platform people have accounts at, and what is known of it: where and how it gives out access, and what is odd about it.
 *
 * @see docs/providers.md
 */
export class Provider {
  /** Airtable. */
  public static readonly AIRTABLE = new Provider(PROVIDERS.airtable);

  /** Anthropic. */
  public static readonly ANTHROPIC = new Provider(PROVIDERS.anthropic);

  /** Asana. */
  public static readonly ASANA = new Provider(PROVIDERS.asana);

  /** Atlassian (Jira, Confluence). */
  public static readonly ATLASSIAN = new Provider(PROVIDERS.atlassian);

  /** Box. */
  public static readonly BOX = new Provider(PROVIDERS.box);

  /** Calendly. */
  public static readonly CALENDLY = new Provider(PROVIDERS.calendly);

  /** Canva. */
  public static readonly CANVA = new Provider(PROVIDERS.canva);

  /** ClickUp. */
  public static readonly CLICKUP = new Provider(PROVIDERS.clickup);

  /** Cloudflare. */
  public static readonly CLOUDFLARE = new Provider(PROVIDERS.cloudflare);

  /** Databricks. */
  public static readonly DATABRICKS = new Provider(PROVIDERS.databricks);

  /** Datadog. */
  public static readonly DATADOG = new Provider(PROVIDERS.datadog);

  /** Discord. */
  public static readonly DISCORD = new Provider(PROVIDERS.discord);

  /** DocuSign. */
  public static readonly DOCUSIGN = new Provider(PROVIDERS.docusign);

  /** Dropbox. */
  public static readonly DROPBOX = new Provider(PROVIDERS.dropbox);

  /** Figma. */
  public static readonly FIGMA = new Provider(PROVIDERS.figma);

  /** GitHub (OAuth app). */
  public static readonly GITHUB = new Provider(PROVIDERS.github);

  /** GitHub (GitHub App). */
  public static readonly GITHUB_APP = new Provider(PROVIDERS['github-app']);

  /** GitLab. */
  public static readonly GITLAB = new Provider(PROVIDERS.gitlab);

  /** Gong. */
  public static readonly GONG = new Provider(PROVIDERS.gong);

  /** Google. */
  public static readonly GOOGLE = new Provider(PROVIDERS.google);

  /** HubSpot. */
  public static readonly HUBSPOT = new Provider(PROVIDERS.hubspot);

  /** Intercom. */
  public static readonly INTERCOM = new Provider(PROVIDERS.intercom);

  /** Linear. */
  public static readonly LINEAR = new Provider(PROVIDERS.linear);

  /** LinkedIn. */
  public static readonly LINKEDIN = new Provider(PROVIDERS.linkedin);

  /** Microsoft (Entra ID, Graph). */
  public static readonly MICROSOFT = new Provider(PROVIDERS.microsoft);

  /** Miro. */
  public static readonly MIRO = new Provider(PROVIDERS.miro);

  /** monday.com. */
  public static readonly MONDAY = new Provider(PROVIDERS.monday);

  /** Netlify. */
  public static readonly NETLIFY = new Provider(PROVIDERS.netlify);

  /** Notion. */
  public static readonly NOTION = new Provider(PROVIDERS.notion);

  /** OpenAI. */
  public static readonly OPENAI = new Provider(PROVIDERS.openai);

  /** PagerDuty. */
  public static readonly PAGERDUTY = new Provider(PROVIDERS.pagerduty);

  /** PayPal. */
  public static readonly PAYPAL = new Provider(PROVIDERS.paypal);

  /** Reddit. */
  public static readonly REDDIT = new Provider(PROVIDERS.reddit);

  /** Salesforce. */
  public static readonly SALESFORCE = new Provider(PROVIDERS.salesforce);

  /** SendGrid. */
  public static readonly SENDGRID = new Provider(PROVIDERS.sendgrid);

  /** Sentry. */
  public static readonly SENTRY = new Provider(PROVIDERS.sentry);

  /** Shopify. */
  public static readonly SHOPIFY = new Provider(PROVIDERS.shopify);

  /** Slack (as the person). */
  public static readonly SLACK = new Provider(PROVIDERS.slack);

  /** Slack (as a bot). */
  public static readonly SLACK_BOT = new Provider(PROVIDERS['slack-bot']);

  /** Slack (hosted MCP server). */
  public static readonly SLACK_MCP = new Provider(PROVIDERS['slack-mcp']);

  /** Snowflake. */
  public static readonly SNOWFLAKE = new Provider(PROVIDERS.snowflake);

  /** Square. */
  public static readonly SQUARE = new Provider(PROVIDERS.square);

  /** Stripe. */
  public static readonly STRIPE = new Provider(PROVIDERS.stripe);

  /** Supabase. */
  public static readonly SUPABASE = new Provider(PROVIDERS.supabase);

  /** Twilio. */
  public static readonly TWILIO = new Provider(PROVIDERS.twilio);

  /** Typeform. */
  public static readonly TYPEFORM = new Provider(PROVIDERS.typeform);

  /** Vercel. */
  public static readonly VERCEL = new Provider(PROVIDERS.vercel);

  /** Webflow. */
  public static readonly WEBFLOW = new Provider(PROVIDERS.webflow);

  /** X. */
  public static readonly X = new Provider(PROVIDERS.x);

  /** Zendesk. */
  public static readonly ZENDESK = new Provider(PROVIDERS.zendesk);

  /** Zoom. */
  public static readonly ZOOM = new Provider(PROVIDERS.zoom);

  /**
   * Any other platform with OAuth 2.0 or keys.
   *
   * @param id its name in URLs and commands: lower-case letters, digits and hyphens
   */
  public static custom(id: string, options: ProviderOptions): Provider {
    return new Provider(providerFacts({ id, name: id }, options));
  }

  /** Its name in URLs and commands, unless a connection has one of its own. */
  public readonly id: string;

  private constructor(
    /** @internal */
    public readonly _facts: ProviderFacts,
  ) {
    this.id = _facts.id;
  }

  /** The same platform where it is different for you: other hosts, a sandbox, a fact that has changed. */
  public adapt(options: ProviderOptions): Provider {
    return new Provider(providerFacts(this._facts, options));
  }
}
