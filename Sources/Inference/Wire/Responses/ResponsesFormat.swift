import Web

/// OpenAI's `responses`.
struct ResponsesFormat: WireFormat {
    let path = "/responses"

    func body(_ request: ProviderRequest) throws -> [UInt8] { try ResponsesRequest.body(request).bytes() }

    func decoder() -> any StreamDecoder { ResponsesDecoder() }
}
