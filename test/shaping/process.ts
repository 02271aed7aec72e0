import { type ProxyOptions, type Shape, startShapingProxy } from './proxy.ts'

/** The proxy in a process of its own: its options are its argument, its port its first message, a shape a message to it. */
const options: ProxyOptions = JSON.parse(process.argv[2] ?? '')
const proxy = await startShapingProxy(options)
process.on('message', (shape: Shape) => proxy.reshape(shape))
process.on('disconnect', () => proxy.close())
process.send?.(proxy.port)
