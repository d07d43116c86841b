import HTTPTypes

/// How a stream ends, or does not.
package struct EmulatorEnding: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// As the provider ends it.
        case done
        /// Finished, and then the end of the body without `[DONE]` or `message_stop`.
        case withoutDone = "without_done"
        /// The end of the body, in order, with nothing that says that the answer is whole.
        case withoutFinish = "without_finish"
        /// Half of an event, then the socket is reset.
        case reset
        /// Ended as it should be, and the socket stays open.
        case open
        /// A line that is no JSON, then the rest as if nothing had been.
        case malformed
        /// Nothing more, and the socket stays open.
        case hang
        /// The request is taken and never answered, not even by a head.
        case silent
        /// An error inside of the stream.
        case error
    }

    package var kind: Kind
    /// How many pieces are said before it; all when nil. `done`, `without_done` and `open` are always behind all.
    package var after: Int?
    /// For `error`; the default is 500.
    package var error: EmulatorError?

    package init(_ kind: Kind, after: Int? = nil, error: EmulatorError? = nil) {
        self.kind = kind
        self.after = after
        self.error = error
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, after, error
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(Kind.self, forKey: .kind)
        after = try container.number(.after, atLeast: 0)
        error = try container.decodeIfPresent(EmulatorError.self, forKey: .error)
    }
}

/// An error of the provider, in its own words and shape. What is nil is what the provider says with that status.
package struct EmulatorError: Codable, Sendable, Equatable {
    /// Of one fact in two forms: as the provider's pages have it, and as it was recorded.
    package enum Form: String, Codable, CaseIterable, Sendable {
        case documented, recorded
    }

    /// What is wrong, as the status that the provider has for it.
    package var status: Int
    /// The status of the answer, where it says otherwise: 200 with the body of an error.
    package var httpStatus: Int?
    /// `error.type`; for OpenRouter `error_type`.
    package var type: String?
    package var code: String?
    package var message: String?
    package var param: String?
    /// Seconds, in the answer's `Retry-After`.
    package var retryAfter: Int?
    /// Further headers of the answer.
    package var headers: [String: String]
    /// Of an error inside of a stream.
    package var form: Form

    package init(
        _ status: Int = 500, type: String? = nil, code: String? = nil, message: String? = nil, param: String? = nil, retryAfter: Int? = nil,
        headers: [String: String] = [:], form: Form = .documented, httpStatus: Int? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.param = param
        self.retryAfter = retryAfter
        self.headers = headers
        self.form = form
        self.httpStatus = httpStatus
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case status, type, code, message, param, headers, form
        case retryAfter = "retry_after"
        case httpStatus = "http_status"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        status = try container.value(.status, or: 500)
        httpStatus = try container.decodeIfPresent(Int.self, forKey: .httpStatus)
        for (key, number) in [(CodingKeys.status, status), (CodingKeys.httpStatus, httpStatus ?? 200)] where !(200...599).contains(number) {
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "\(number) is no status; wanted is 200 to 599")
        }
        type = try container.decodeIfPresent(String.self, forKey: .type)
        code = try container.decodeIfPresent(String.self, forKey: .code)
        message = try container.decodeIfPresent(String.self, forKey: .message)
        param = try container.decodeIfPresent(String.self, forKey: .param)
        retryAfter = try container.number(.retryAfter, atLeast: 0)
        headers = try container.value(.headers, or: [:])
        if let wrong = headers.keys.sorted().first(where: { HTTPField.Name($0) == nil }) {
            throw DecodingError.dataCorruptedError(forKey: .headers, in: container, debugDescription: "\"\(wrong)\" is no name of a header")
        }
        form = try container.value(.form, or: .documented)
    }
}
