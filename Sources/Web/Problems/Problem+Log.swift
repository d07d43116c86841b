import HTTPTypes
import Logging

extension Problem {
    /// Levels: a 500 is our defect (error); a 5xx is an outage that has its own alarms (warning); refused access is worth
    /// finding later (notice); the rest is the caller's business (debug).
    func log(_ error: any Error, to logger: Logger) {
        let level: Logger.Level =
            switch status.code {
            case 500: .error
            case 501...: .warning
            case 401, 403: .notice
            default: .debug
            }
        var metadata: Logger.Metadata = ["problem": .string(type), "status": .stringConvertible(status.code)]
        if !(error is Problem) {
            metadata["error"] = .string("\(error)")
        } else if let detail = detail {
            metadata["detail"] = .string(detail)
        }
        logger.log(
            level: level, status.code == 500 ? "A request failed for a reason that nothing maps" : "A request was refused", metadata: metadata
        )
    }
}
