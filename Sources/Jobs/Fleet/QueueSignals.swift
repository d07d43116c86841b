/// What an autoscaler goes by.
extension Backlog {
    /// Jobs that could be done at once if there were workers enough: those that run included, those that wait for their time not.
    package var due: Int { ready + parked }

    /// Until nothing is due any more, at a rate of jobs a second. Zero when nothing is due. Nil when something is and nothing
    /// drains: how long that takes is unknown, which is neither zero nor any large number.
    package func secondsToEmpty(perSecond rate: Double?) -> Double? {
        guard due > 0 else { return 0 }
        guard let rate, rate > 0 else { return nil }
        return Double(due) / rate
    }
}

extension JobProducer {
    /// Jobs done a second in each queue, over the last half minute; a queue that was not measured twice is absent.
    package var rates: [String: Double] { monitor.rates }
}
