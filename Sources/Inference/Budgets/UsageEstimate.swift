import Web

/// What a call of a model is taken for when its provider did not count it to the end: it was cancelled, cut, interrupted, or failed in
/// the middle of its answer. Else a budget could be passed by with a cancellation before each end. Pure.
///
/// A token is taken for four bytes, which is near what most models make of European languages, and an image for a thousand tokens, for its
/// bytes say nothing of them; it is no count. What a provider told of the call is kept, and the estimate is what is missing of it:
///
/// | sent | received | the provider counted | is added |
/// |---|---|---|---|
/// | 400 bytes | 90 bytes | nothing | 100 tokens of input, 23 of output |
/// | 400 bytes | nothing | nothing | 100 of input, 1 of output: somebody has read it |
/// | 400 bytes | 90 bytes | 120 of input, 1 of output (said at the beginning) | 22 of output |
/// | 400 bytes | 90 bytes | 120 of input, 30 of output | nothing |
enum UsageEstimate {
    static let bytesPerToken = 4
    /// Models make some hundreds of tokens of an image, and up to two thousand.
    static let bytesPerImage = 1_000 * bytesPerToken

    /// At least one: nothing is sent or received for nothing.
    static func tokens(bytes: Int) -> Int { max(1, (bytes + bytesPerToken - 1) / bytesPerToken) }

    /// What is to be added to a provider's count; nil for nothing.
    ///
    /// - Parameters:
    ///   - sent: Bytes of the request, ``ProviderRequest/size``.
    ///   - received: Bytes of the answer, ``AnswerSize/bytes``.
    ///   - addsTotal: The run's provider adds up totals: without the estimate in them they would be less than their parts.
    static func missing(in counted: TokenUsage, sent: Int, received: Int, addsTotal: Bool) -> TokenUsage? {
        let input = counted.input == nil ? tokens(bytes: sent) : nil
        let output = max(0, tokens(bytes: received) - (counted.output ?? 0))
        guard input != nil || output > 0 else { return nil }
        return TokenUsage(
            input: input, output: output > 0 ? output : nil, total: addsTotal ? (input ?? 0) + output : nil, isEstimated: true)
    }

    /// What is taken for calls that were lost with their workers before anything was shown: what each was sent, and the least of an answer. Nil
    /// for none. A provider that goes on by itself may make more of it, which nobody reads.
    ///
    /// - Parameter sent: Bytes of each request.
    static func lost(_ calls: Int, sent: Int, addsTotal: Bool) -> TokenUsage? {
        guard calls > 0 else { return nil }
        let (input, output) = (calls * tokens(bytes: sent), calls * tokens(bytes: 0))
        return TokenUsage(input: input, output: output, total: addsTotal ? input + output : nil, isEstimated: true)
    }
}

extension ProviderRequest {
    /// Bytes of what the model is given to read: messages, calls and tools, without what a format writes around them. An image counts as
    /// what it is taken for, however it is sent.
    var size: Int {
        let said = messages.reduce(0) { sum, message in
            let calls = (message.toolCalls ?? []).reduce(0) { $0 + $1.function.name.utf8.count + $1.function.arguments.utf8.count }
            let images = message.images.count * UsageEstimate.bytesPerImage
            return sum + message.content.utf8.count + (message.name?.utf8.count ?? 0) + calls + images
        }
        let offered = tools.reduce(0) { sum, tool in
            sum + tool.name.utf8.count + (tool.description?.utf8.count ?? 0) + (tool.parameters?.bytes().count ?? 0)
        }
        return said + offered
    }
}

/// How much of an answer has come, whatever its channels.
struct AnswerSize: Equatable, Sendable {
    private var words = 0
    private var fragments = 0
    private var calls = 0

    /// A whole call repeats its fragments, where there were any.
    var bytes: Int { words + max(fragments, calls) }

    mutating func add(_ event: RunEvent) {
        switch event {
        case .chunk(let chunk): words += chunk.text.utf8.count
        case .toolCallDelta(let delta): fragments += (delta.name?.utf8.count ?? 0) + delta.arguments.utf8.count
        case .toolCall(let call): calls += call.name.utf8.count + call.arguments.utf8.count
        default: break
        }
    }
}
