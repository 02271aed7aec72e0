/** What a CDK app imports from `partway/cdk`. */
export type { CognitoOptions } from './cognito-sign-in.ts'
export { PartwayUploads } from './partway-uploads.ts'
export type { PartwayUploadsProps } from './partway-uploads-props.ts'
export { type AuthName, type JwtOptions, UploadAuth } from './upload-auth.ts'
export type { SiteDomain, SiteOptions } from './upload-site.ts'
