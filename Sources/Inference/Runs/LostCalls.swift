/// Calls of a run whose workers were lost, where the run ends and nobody asks again: what is taken for them. Pure.
///
/// The last of them is the open step's, as far as it had come. Those before it had shown nothing and were made once more for that.
///
/// | the run shows | attempts that were silent | is taken for |
/// |---|---|---|
/// | nothing | 0 | nothing: nobody was asked |
/// | nothing | 3 | three calls of what was sent and a token of output, two of them made once more |
/// | half of its first step | 1 | the half, and one call that was made once more |
/// | whole steps only | any | nothing: the end of the first step has told of them |
struct LostCalls: Sendable, Equatable {
    /// The run, without what its end adds.
    let shown: RunTranscript
    /// No event of the run is there.
    let isSilent: Bool
    /// Attempts that may have asked a model and were lost before the run's first event.
    let silentAttempts: Int
    /// Bytes of the request that the run begins with, ``ProviderRequest/size``.
    var size: Int

    /// The step that the last of them was for.
    var step: Int? { shown.openStep ?? (isSilent && silentAttempts > 0 ? 1 : nil) }

    /// Calls of the whole run that were made once more. Of the silent attempts of a run that nobody began again the last made none twice.
    var repeated: Int { isSilent ? max(0, silentAttempts - 1) : silentAttempts + shown.repeats }

    /// What is added to what the run shows, in the order in which it is told; empty without a ``step``.
    var estimates: [TokenUsage] {
        guard let step else { return [] }
        let (sent, addsTotal) = (size + shown.spoken, shown.usage.total != nil)
        let earlier = isSilent ? silentAttempts - 1 : shown.openRepeats + (step == 1 ? silentAttempts : 0)
        let estimates = [
            UsageEstimate.lost(earlier, sent: sent, addsTotal: addsTotal),
            UsageEstimate.missing(in: shown.openUsage, sent: sent, received: shown.openSize.bytes, addsTotal: addsTotal),
        ]
        return estimates.compactMap { $0 }
    }

    /// Of these attempts those before the first event; of a run whose log is empty, or lost, all of them.
    ///
    /// - Parameter unsettled: Epochs of attempts that may have asked a model and told nobody what became of the call.
    static func silentAttempts(among unsettled: [UInt64], before earlier: [RunLogEntry]) -> Int {
        guard let first = earlier.first?.id.epoch else { return unsettled.count }
        return unsettled.count(where: { $0 < first })
    }
}
