import { Match, type Template } from 'aws-cdk-lib/assertions'
import { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito'
import { describe, expect, test } from 'vitest'
import { PartwayUploads, UploadAuth } from '../../lib/index.ts'
import { createStack, synthesiseUploads, templateOf } from './synth.ts'

const allowedOrigins = ['https://www.example.com', 'http://localhost:5173']

describe('jwt', () => {
  const template = synthesiseUploads({
    auth: UploadAuth.jwt({ issuer: 'https://login.example.com/', audience: 'partway' }),
  })

  test('has tokens of its issuer and audience in front of every route but GET /', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://login.example.com/', Audience: ['partway'] },
    })
    expect(publicRoutes(template)).toEqual(['GET /'])
  })

  test('tells the functions whom they are told about, letter for letter', () => {
    expect(environmentOf(template)).toMatchObject({
      AUTH: 'jwt',
      OIDC_ISSUER: 'https://login.example.com/',
      OIDC_CLIENT_ID: 'partway',
    })
  })

  test('takes an issuer of this machine, which only the local AWS reaches', () => {
    expect(UploadAuth.jwt({ issuer: 'http://localhost:9000', audience: 'partway' }).name).toBe('jwt')
  })

  test.each(['login.example.com', 'http://login.example.com', 'https://login.example.com/?a=b', ''])(
    'refuses the issuer "%s"',
    (issuer) => {
      expect(() => UploadAuth.jwt({ issuer, audience: 'partway' })).toThrow(/issuer to be an https URL.*got/)
    },
  )

  test('refuses an empty audience', () => {
    expect(() => UploadAuth.jwt({ issuer: 'https://login.example.com', audience: '' })).toThrow(/audience/)
  })
})

describe('cognito', () => {
  const template = synthesiseUploads({ auth: UploadAuth.cognito(), allowedOrigins })

  test('makes a pool whose users an administrator makes, and which stays when the stack goes', () => {
    template.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        UsernameAttributes: ['email'],
        Policies: { PasswordPolicy: Match.objectLike({ MinimumLength: 12 }) },
      }),
    })
  })

  test('makes a client without a secret that takes nothing but the authorization code grant', () => {
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      CallbackURLs: ['https://www.example.com/', 'http://localhost:5173/'],
      LogoutURLs: ['https://www.example.com/', 'http://localhost:5173/'],
      SupportedIdentityProviders: ['COGNITO'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    })
  })

  test('has its tokens in front of every route but GET /, and tells the functions', () => {
    const client = { Ref: Match.stringLikeRegexp('UserPoolClient') }
    const issuer = {
      'Fn::Join': [
        '',
        ['https://cognito-idp.eu-west-1.amazonaws.com/', { Ref: Match.stringLikeRegexp('UserPool') }],
      ],
    }
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Issuer: issuer, Audience: [client] },
    })
    template.allResourcesProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ AUTH: 'cognito', OIDC_ISSUER: issuer, OIDC_CLIENT_ID: client }),
      },
    })
    expect(publicRoutes(template)).toEqual(['GET /'])
  })

  test('takes a pool of yours, and makes a client in it', () => {
    const stack = createStack()
    const userPool = UserPool.fromUserPoolId(stack, 'Users', 'eu-west-1_films')
    const auth = UploadAuth.cognito({ userPool, callbackUrls: ['https://www.example.com/signed-in'] })
    expect(new PartwayUploads(stack, 'Uploads', { auth }).userPool).toBe(userPool)
    const template = templateOf(stack)
    template.resourceCountIs('AWS::Cognito::UserPool', 0)
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      UserPoolId: 'eu-west-1_films',
      CallbackURLs: ['https://www.example.com/signed-in'],
    })
  })

  test('takes a client of yours', () => {
    const stack = createStack()
    const auth = UploadAuth.cognito({
      userPool: UserPool.fromUserPoolId(stack, 'Users', 'eu-west-1_films'),
      userPoolClient: UserPoolClient.fromUserPoolClientId(stack, 'Client', 'page'),
    })
    new PartwayUploads(stack, 'Uploads', { auth })
    expect(environmentOf(templateOf(stack))).toMatchObject({
      OIDC_ISSUER: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_films',
      OIDC_CLIENT_ID: 'page',
    })
  })

  test('lets the command line in where that is wanted, with or without pages', () => {
    const callbacks = (auth: UploadAuth, allowedOrigins: string[]) => {
      const stack = createStack()
      new PartwayUploads(stack, 'Uploads', { auth, allowedOrigins })
      const [client] = Object.values(templateOf(stack).findResources('AWS::Cognito::UserPoolClient'))
      return client?.Properties
    }
    const auth = UploadAuth.cognito({ commandLine: true })
    const page = 'https://www.example.com'
    expect(callbacks(auth, [page])).toMatchObject({
      CallbackURLs: [`${page}/`, 'http://localhost:8487/signed-in'],
      LogoutURLs: [`${page}/`],
    })
    expect(callbacks(auth, [])).toMatchObject({ CallbackURLs: ['http://localhost:8487/signed-in'] })
    expect(callbacks(auth, [])).not.toHaveProperty('LogoutURLs')
  })

  test('refuses what Cognito would refuse at deployment', () => {
    const uploads = (origins: string[]) =>
      new PartwayUploads(createStack(), 'Uploads', { auth: UploadAuth.cognito(), allowedOrigins: origins })
    expect(() => uploads([])).toThrow(/no allowedOrigins and no callbackUrls; give allowedOrigins/)
    expect(() => uploads(['http://films.example'])).toThrow(/https:\/\/, .*got "http:\/\/films\.example\/"/)
  })

  test('refuses a client without its pool, and callback URLs beside it', () => {
    const stack = createStack()
    const userPool = UserPool.fromUserPoolId(stack, 'Users', 'eu-west-1_films')
    const userPoolClient = UserPoolClient.fromUserPoolClientId(stack, 'Client', 'page')
    expect(() => UploadAuth.cognito({ userPoolClient })).toThrow(/together with its userPool/)
    expect(() =>
      UploadAuth.cognito({ userPool, userPoolClient, callbackUrls: ['https://www.example.com/'] }),
    ).toThrow(/callbackUrls for a client that is made here/)
    expect(() => UploadAuth.cognito({ userPool, userPoolClient, commandLine: true })).toThrow(
      /add http:\/\/localhost:8487\/signed-in to that one/,
    )
  })
})

function publicRoutes(template: Template): string[] {
  return Object.values(template.findResources('AWS::ApiGatewayV2::Route'))
    .filter(({ Properties }) => Properties.AuthorizationType !== 'JWT' || !Properties.AuthorizerId)
    .map(({ Properties }) => Properties.RouteKey)
}

/** That of the functions, which all have the same. */
function environmentOf(template: Template): Record<string, string> {
  const [first, ...others] = Object.values(template.findResources('AWS::Lambda::Function')).map(
    ({ Properties }) => Properties.Environment.Variables,
  )
  for (const other of others) expect(other).toEqual(first)
  return first
}
