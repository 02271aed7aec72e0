import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'

/** Who may call the API. `iam`: requests signed with AWS credentials; `none`: anyone. */
export const auths = ['iam', 'none'] as const
export type Auth = (typeof auths)[number]

/** The authorizer in front of every route but `GET /`. */
export function authorizerFor(auth: Auth): IHttpRouteAuthorizer {
  return { iam: () => new HttpIamAuthorizer(), none: () => new HttpNoneAuthorizer() }[auth]()
}
