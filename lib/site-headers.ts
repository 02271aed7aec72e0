import { Duration } from 'aws-cdk-lib'
import {
  HeadersFrameOption,
  HeadersReferrerPolicy,
  ResponseHeadersPolicy,
  type ResponseSecurityHeadersBehavior,
} from 'aws-cdk-lib/aws-cloudfront'
import type { Construct } from 'constructs'

/** What is the same in every deployment; what names other resources stands in the page. */

const OF_ALL_FILES: ResponseSecurityHeadersBehavior = {
  strictTransportSecurity: {
    accessControlMaxAge: Duration.days(730),
    includeSubdomains: true,
    override: true,
  },
  contentTypeOptions: { override: true },
}

export function pageHeaders(scope: Construct): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'Headers', {
    comment: 'Partway: the page',
    securityHeadersBehavior: {
      ...OF_ALL_FILES,
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      // The code of a sign-in stands in the page's URL for a moment.
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      // The one directive of the page's policy that browsers do not take from the page.
      contentSecurityPolicy: { contentSecurityPolicy: "frame-ancestors 'none'", override: true },
    },
  })
}

/** Pages of any origin may load the element from here, and browsers load modules with CORS. */
export function assetHeaders(scope: Construct): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'AssetHeaders', {
    comment: 'Partway: scripts and styles',
    securityHeadersBehavior: OF_ALL_FILES,
    corsBehavior: {
      accessControlAllowOrigins: ['*'],
      accessControlAllowMethods: ['GET', 'HEAD'],
      accessControlAllowHeaders: ['*'],
      accessControlAllowCredentials: false,
      originOverride: true,
    },
  })
}
