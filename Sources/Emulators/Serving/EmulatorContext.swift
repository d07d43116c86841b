import Hummingbird
import Logging
import NIOCore

/// What a request brings besides itself.
struct EmulatorContext: InitializableFromSource {
    /// The connection, to watch its client and to reset it.
    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}
