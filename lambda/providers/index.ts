import { airtable } from './airtable';
import { anthropic } from './anthropic';
import { asana } from './asana';
import { atlassian } from './atlassian';
import { box } from './box';
import { calendly } from './calendly';
import { canva } from './canva';
import { clickup } from './clickup';
import { cloudflare } from './cloudflare';
import { databricks } from './databricks';
import { datadog } from './datadog';
import { discord } from './discord';
import { docusign } from './docusign';
import { dropbox } from './dropbox';
import { figma } from './figma';
import { github } from './github';
import { githubApp } from './github-app';
import { gitlab } from './gitlab';
import { gong } from './gong';
import { google } from './google';
import { hubspot } from './hubspot';
import { intercom } from './intercom';
import { linear } from './linear';
import { linkedin } from './linkedin';
import { microsoft } from './microsoft';
import { miro } from './miro';
import { monday } from './monday';
import { netlify } from './netlify';
import { notion } from './notion';
import { openai } from './openai';
import { pagerduty } from './pagerduty';
import { paypal } from './paypal';
import type { ProviderFacts } from './provider-facts';
import { reddit } from './reddit';
import { salesforce } from './salesforce';
import { sendgrid } from './sendgrid';
import { sentry } from './sentry';
import { shopify } from './shopify';
import { slack } from './slack';
import { slackBot } from './slack-bot';
import { slackMcp } from './slack-mcp';
import { snowflake } from './snowflake';
import { square } from './square';
import { stripe } from './stripe';
import { supabase } from './supabase';
import { twilio } from './twilio';
import { typeform } from './typeform';
import { vercel } from './vercel';
import { webflow } from './webflow';
import { x } from './x';
import { zendesk } from './zendesk';
import { zoom } from './zoom';

/** Every platform, by its id. */
export const PROVIDERS = {
  airtable,
  anthropic,
  asana,
  atlassian,
  box,
  calendly,
  canva,
  clickup,
  cloudflare,
  databricks,
  datadog,
  discord,
  docusign,
  dropbox,
  figma,
  github,
  'github-app': githubApp,
  gitlab,
  gong,
  google,
  hubspot,
  intercom,
  linear,
  linkedin,
  microsoft,
  miro,
  monday,
  netlify,
  notion,
  openai,
  pagerduty,
  paypal,
  reddit,
  salesforce,
  sendgrid,
  sentry,
  shopify,
  slack,
  'slack-bot': slackBot,
  'slack-mcp': slackMcp,
  snowflake,
  square,
  stripe,
  supabase,
  twilio,
  typeform,
  vercel,
  webflow,
  x,
  zendesk,
  zoom,
} as const satisfies Readonly<Record<string, ProviderFacts>>;
