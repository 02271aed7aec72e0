import type { ControlPlane } from '../../client/control-plane.ts'
import type { PartTransport } from '../../client/ports.ts'

const NEVER = new Promise<never>(() => {})

/** A process that can be killed: from then on, nothing that it asked for is answered, and nothing that it asks for happens. */
export function mortal<Slice>(
  plane: ControlPlane,
  transport: PartTransport<Slice>,
): { controlPlane: ControlPlane; transport: PartTransport<Slice>; kill(): void } {
  let dead = false
  const living =
    <Input extends unknown[], Answer>(ask: (...input: Input) => Promise<Answer>) =>
    async (...input: Input): Promise<Answer> => {
      if (dead) return NEVER
      try {
        const answer = await ask(...input)
        return dead ? await NEVER : answer
      } catch (error) {
        if (dead) return NEVER
        throw error
      }
    }
  return {
    controlPlane: {
      ...plane,
      initiate: living(plane.initiate),
      presign: living(plane.presign),
      listParts: living(plane.listParts),
      complete: living(plane.complete),
      abort: living(plane.abort),
      download: living(plane.download),
    },
    transport: { ...transport, put: living((request) => transport.put(request)) },
    kill() {
      dead = true
    },
  }
}
