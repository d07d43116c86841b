package import HummingbirdCore
package import Logging
package import NIOCore

/// A server's connections, each handled on the event loop that its socket is read on.
///
/// Otherwise a request changes threads with each part that is read, each answer of a store and each part that is written: on a loaded
/// machine these turns cost more than what is done in between.
package struct LoopChannel<Base: ServerChildChannel>: ServerChildChannel {
    package typealias Value = Base.Value

    private let base: Base

    package init(_ base: Base) {
        self.base = base
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger)
    }

    package func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}
