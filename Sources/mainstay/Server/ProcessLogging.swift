import Foundation
import Logging

/// How this process logs: text for people, or one JSON object a line. Always to standard error, for standard output is data.
enum ProcessLogging {
    static func bootstrap(_ settings: Settings) throws {
        let level = try settings.logLevel()
        let format = settings.text("log.format") ?? "text"
        guard format == "text" || format == "json" else {
            throw Settings.Faults(faults: ["MAINSTAY_LOG_FORMAT is \"\(format)\"; wanted is text or json."])
        }
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler = format == "json" ? JSONLogHandler(label: label) : StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }
}

/// One JSON object a line: `time`, `level`, `label`, `message`, then the metadata.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let label: String

    init(label: String) {
        self.label = label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object: [String: String] = [:]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) { object[key] = "\(value)" }
        object["time"] = Date().formatted(.iso8601.time(includingFractionalSeconds: true))
        object["level"] = event.level.rawValue
        object["label"] = label
        object["message"] = "\(event.message)"
        guard let line = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]) else { return }
        FileHandle.standardError.write(line + [0x0a])
    }
}
