import { Aws, Duration, Fn, type RemovalPolicy, Token, Validations } from 'aws-cdk-lib'
import {
  type IUserPool,
  type IUserPoolClient,
  Mfa,
  OAuthScope,
  UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
} from 'aws-cdk-lib/aws-cognito'
import type { Construct } from 'constructs'
import { LOGIN_CALLBACK } from '../protocol/login-callback.ts'
import { ConfigurationError } from './configuration-error.ts'

export interface CognitoOptions {
  /**
   * Where the users are.
   * @default a pool without self sign-up: an administrator makes the users, who sign in with their e-mail address
   */
  readonly userPool?: IUserPool
  /**
   * The app client that people sign in through: a public one (no secret) with the authorization code grant.
   * @default one that is made in the pool
   */
  readonly userPoolClient?: IUserPoolClient
  /**
   * Where Cognito sends people back to after they signed in or out.
   * @default each allowed origin, with a slash
   */
  readonly callbackUrls?: readonly string[]
  /**
   * Whether people may sign in on the command line, by `partway login`: Cognito then may send them back to a port of their own machine.
   * For a client that is made here; register `http://localhost:8487/signed-in` with one of yours.
   * @default false
   */
  readonly commandLine?: boolean
  /**
   * The sign-in page is `https://{domainPrefix}.auth.{region}.amazoncognito.com`. Unique among all customers of the region.
   * @default 'partway-' and the last digits of the stack's id
   */
  readonly domainPrefix?: string
  /**
   * What becomes of the pool that is made here, and of its users, when the stack goes.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
}

export interface CognitoSignIn {
  readonly userPool: IUserPool
  /** The `iss` claim of its tokens. */
  readonly issuer: string
  readonly clientId: string
  /** What a page talks to when people sign in: the issuer, and the domain of a pool that is made here. */
  readonly signInUrls: readonly string[]
}

/** @throws {ConfigurationError} for a client without its pool, and for callback URLs that Cognito refuses */
export function requireCognitoOptions(options: CognitoOptions): void {
  const { userPool, userPoolClient, callbackUrls = [], commandLine } = options
  if (userPoolClient && !userPool) {
    throw new ConfigurationError(
      'UploadAuth.cognito: expected userPoolClient together with its userPool, got the client alone; give both, or neither.',
    )
  }
  if (userPoolClient && callbackUrls.length > 0) {
    throw new ConfigurationError(
      'UploadAuth.cognito: expected callbackUrls for a client that is made here, got them beside a userPoolClient, which has its own; set them there.',
    )
  }
  if (userPoolClient && commandLine) {
    throw new ConfigurationError(
      `UploadAuth.cognito: expected commandLine for a client that is made here, got it beside a userPoolClient; add ${LOGIN_CALLBACK} to that one's callback URLs.`,
    )
  }
  callbackUrls.forEach(requireCallbackUrl)
}

/** The pool and the app client: those given, those missing made below the scope. */
export function signInWithCognito(
  scope: Construct,
  options: CognitoOptions,
  origins: readonly string[],
): CognitoSignIn {
  const { userPool, domainUrls } = options.userPool
    ? { userPool: options.userPool, domainUrls: [] }
    : createUserPool(scope, options)
  const { userPoolClientId: clientId } =
    options.userPoolClient ?? createClient(scope, userPool, callbackUrls(options, origins), options)
  const service = `https://cognito-idp.${userPool.env.region}.amazonaws.com`
  return {
    userPool,
    issuer: `${service}/${userPool.userPoolId}`,
    clientId,
    signInUrls: [service, ...domainUrls],
  }
}

function createUserPool(
  scope: Construct,
  { domainPrefix, removalPolicy }: CognitoOptions,
): { userPool: UserPool; domainUrls: string[] } {
  const userPool = new UserPool(scope, 'UserPool', {
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
    },
    mfa: Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    ...(removalPolicy && { removalPolicy }),
  })
  Validations.of(userPool).acknowledge(
    { id: 'AwsSolutions-COG2', reason: 'People may add an authenticator; who requires it gives a userPool.' },
    { id: 'AwsSolutions-COG8', reason: 'The plus plan costs per user; who wants it gives a userPool.' },
  )
  const domain = userPool.addDomain('Domain', {
    cognitoDomain: { domainPrefix: domainPrefix ?? uniqueDomainPrefix(scope) },
  })
  return { userPool, domainUrls: [domain.baseUrl()] }
}

/** For pages and terminals, which cannot keep a secret: the authorization code grant, which Cognito takes with PKCE. */
function createClient(
  scope: Construct,
  userPool: IUserPool,
  urls: string[],
  { commandLine }: CognitoOptions,
): UserPoolClient {
  return new UserPoolClient(scope, 'UserPoolClient', {
    userPool,
    generateSecret: false,
    // With none named, Cognito would also take passwords without its sign-in page.
    authFlows: { userSrp: false },
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
      callbackUrls: commandLine ? [...urls, LOGIN_CALLBACK] : urls,
      ...(urls.length > 0 && { logoutUrls: urls }),
    },
    supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
    accessTokenValidity: Duration.hours(1),
    idTokenValidity: Duration.hours(1),
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
  })
}

function callbackUrls({ callbackUrls, commandLine }: CognitoOptions, origins: readonly string[]): string[] {
  const urls = callbackUrls ?? origins.map((origin) => `${origin}/`)
  if (urls.length === 0 && !commandLine) {
    throw new ConfigurationError(
      'UploadAuth.cognito: expected a page that people return to after they signed in, got no allowedOrigins and no callbackUrls; give allowedOrigins, such as ["https://www.example.com"], or commandLine: true for `partway login` alone.',
    )
  }
  urls.forEach(requireCallbackUrl)
  return [...urls]
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html */
function requireCallbackUrl(url: string): void {
  if (Token.isUnresolved(url)) return
  const { protocol, hostname } = URL.parse(url) ?? { protocol: '', hostname: '' }
  if (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')) return
  throw new ConfigurationError(
    `UploadAuth.cognito: expected callback URLs to begin with https://, or http://localhost for tests, got "${url}"; serve the page over TLS, or give callbackUrls.`,
  )
}

/** The stack's id ends in a UUID: unique among all customers, and the same at every deploy. */
function uniqueDomainPrefix(scope: Construct): string {
  const uuid = Fn.select(2, Fn.split('/', Aws.STACK_ID))
  return `partway-${scope.node.addr.slice(-8)}-${Fn.select(4, Fn.split('-', uuid))}`
}
