import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import type { IUserPool } from 'aws-cdk-lib/aws-cognito'
import type { Construct } from 'constructs'
import { type CognitoOptions, requireCognitoOptions, signInWithCognito } from './cognito-sign-in.ts'
import { ConfigurationError } from './configuration-error.ts'

/** What the functions and the clients call it. */
export const authNames = ['iam', 'none', 'jwt', 'cognito'] as const
export type AuthName = (typeof authNames)[number]

export interface JwtOptions {
  /**
   * The issuer's URL, letter for letter as it stands in the `iss` claim of its tokens. Below it, the issuer answers
   * `/.well-known/openid-configuration`.
   */
  readonly issuer: string
  /** The `aud` (or `client_id`) claim of the tokens: the id that the issuer gave your client. */
  readonly audience: string
}

/** What an {@link UploadAuth} comes to in one construct. */
export interface BoundAuth {
  /** In front of every route but `GET /`. */
  readonly authorizer: IHttpRouteAuthorizer
  /** Who issues the tokens and for whom, where auth is by token. */
  readonly oidc?: { readonly issuer: string; readonly clientId: string }
  /** What a page talks to when people sign in, as far as it is known here. */
  readonly signInUrls?: readonly string[]
  /** Where the users are, with Cognito. */
  readonly userPool?: IUserPool
}

/** The origins of the pages that people sign in from. */
export interface BindOptions {
  readonly origins: readonly string[]
}

/** Who may call the API. Each caller sees and touches what lies below their own prefix, and nothing else. */
export class UploadAuth {
  readonly name: AuthName
  /** Makes what it needs, below the scope given. Called once by each construct. */
  readonly bind: (scope: Construct, options: BindOptions) => BoundAuth

  private constructor(name: AuthName, bind: (scope: Construct, options: BindOptions) => BoundAuth) {
    this.name = name
    this.bind = bind
  }

  /** Requests signed with AWS credentials that `execute-api:Invoke` is granted to: for machines, and people with the AWS CLI. */
  static iam(): UploadAuth {
    return new UploadAuth('iam', () => ({ authorizer: new HttpIamAuthorizer() }))
  }

  /** Anyone who reaches the endpoint, all of them as the one caller `public`. Wants `allowedOrigins`. */
  static none(): UploadAuth {
    return new UploadAuth('none', () => ({ authorizer: new HttpNoneAuthorizer() }))
  }

  /**
   * Bearer tokens of any OpenID Connect issuer.
   * @throws {ConfigurationError} for an issuer that is no https URL, and an empty audience
   */
  static jwt({ issuer, audience }: JwtOptions): UploadAuth {
    if (!isIssuer(issuer)) {
      throw new ConfigurationError(
        `UploadAuth.jwt: expected issuer to be an https URL without query, letter for letter the iss claim of its tokens, got "${issuer}"; copy "issuer" from its /.well-known/openid-configuration.`,
      )
    }
    if (audience === '') {
      throw new ConfigurationError(
        'UploadAuth.jwt: expected audience to be the aud claim of the tokens, got an empty text; give the id that the issuer gave your client.',
      )
    }
    return new UploadAuth('jwt', () => ({
      ...byToken(issuer, audience),
      signInUrls: [new URL(issuer).origin],
    }))
  }

  /**
   * Bearer tokens of an Amazon Cognito user pool: one that is made here, where an administrator makes the users, or one of
   * yours.
   * @throws {ConfigurationError} for a client without its pool, and for callback URLs that Cognito refuses
   */
  static cognito(options: CognitoOptions = {}): UploadAuth {
    requireCognitoOptions(options)
    return new UploadAuth('cognito', (scope, { origins }) => {
      const { userPool, issuer, clientId, signInUrls } = signInWithCognito(scope, options, origins)
      return { ...byToken(issuer, clientId), userPool, signInUrls }
    })
  }
}

function byToken(issuer: string, clientId: string): BoundAuth {
  const authorizer = new HttpJwtAuthorizer('Authorizer', issuer, { jwtAudience: [clientId] })
  return { authorizer, oidc: { issuer, clientId } }
}

/** Plain http only for an issuer on this machine, which only the local AWS can reach. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash } = new URL(text)
  const onThisMachine = hostname === 'localhost' || hostname === '127.0.0.1'
  return (protocol === 'https:' || (protocol === 'http:' && onThisMachine)) && search === '' && hash === ''
}
