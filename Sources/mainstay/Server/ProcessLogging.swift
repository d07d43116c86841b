import Foundation
import Jobs
import Logging

/// How this process logs: text for people, or one JSON object a line. Always to standard error, for standard output is data.
/// Lines that a job's handler writes carry the job's trace.
enum ProcessLogging {
    static func bootstrap(_ settings: Settings) throws {
        let level = try settings.logLevel()
        let format = settings.text("log.format") ?? "text"
        guard format == "text" || format == "json" else {
            throw Settings.Faults(faults: ["MAINSTAY_LOG_FORMAT is \"\(format)\"; wanted is text or json."])
        }
        LoggingSystem.bootstrap(
            { label, provider in
                var handler: any LogHandler =
                    format == "json"
                    ? JSONLogHandler(label: label, metadataProvider: provider)
                    : StreamLogHandler.standardError(label: label, metadataProvider: provider)
                handler.logLevel = level
                return handler
            }, metadataProvider: .jobTrace)
    }
}

/// One JSON object a line: `time`, `level`, `label`, `message`, then the metadata.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    var metadataProvider: Logger.MetadataProvider?
    private let label: String

    init(label: String, metadataProvider: Logger.MetadataProvider? = nil) {
        self.label = label
        self.metadataProvider = metadataProvider
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object: [String: String] = [:]
        let provided = metadata.merging(metadataProvider?.get() ?? [:], uniquingKeysWith: { $1 })
        for (key, value) in provided.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) { object[key] = "\(value)" }
        object["time"] = Date().formatted(.iso8601.time(includingFractionalSeconds: true))
        object["level"] = event.level.rawValue
        object["label"] = label
        object["message"] = "\(event.message)"
        guard let line = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]) else { return }
        FileHandle.standardError.write(line + [0x0a])
    }
}
