/// A part of what a message says: `{"type":"text","text"}` or `{"type":"image_url","image_url":{"url","detail?"}}`, as OpenAI's chat
/// completions write it.
package enum ContentPart: Codable, Sendable, Equatable {
    case text(String)
    case image(MessageImage)

    private enum CodingKeys: String, CodingKey {
        case type, text
        case image = "image_url"
    }
    private enum ImageKeys: String, CodingKey { case url, detail }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "text": self = .text(try container.decode(String.self, forKey: .text))
        case "image_url":
            let image = try container.nestedContainer(keyedBy: ImageKeys.self, forKey: .image)
            let (url, detail) = (try image.decode(String.self, forKey: .url), try image.decodeIfPresent(String.self, forKey: .detail))
            do throws(MessageImage.Fault) {
                self = .image(try MessageImage(url: url, detail: detail))
            } catch {
                throw DecodingError.dataCorruptedError(forKey: .url, in: image, debugDescription: error.sentence)
            }
        case let type:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "Parts of the type \(type) are not supported; send text or image_url.")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .text(let text):
            try container.encode("text", forKey: .type)
            try container.encode(text, forKey: .text)
        case .image(let image):
            try container.encode("image_url", forKey: .type)
            var inner = container.nestedContainer(keyedBy: ImageKeys.self, forKey: .image)
            try inner.encode(image.url, forKey: .url)
            try inner.encodeIfPresent(image.detail, forKey: .detail)
        }
    }

    /// What a part of text says.
    var words: String? { if case .text(let text) = self { text } else { nil } }
    /// What a part that is an image shows.
    var shown: MessageImage? { if case .image(let image) = self { image } else { nil } }
}

/// An image that a model is shown: an address that the provider fetches, or the image itself. We fetch nothing: an address is passed on as
/// it is.
package struct MessageImage: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        /// With http or https.
        case address(String)
        case data(mediaType: String, base64: String)
    }

    /// Why something is no image that could be passed on.
    package struct Fault: Error, Sendable, Equatable {
        package var sentence: String
    }

    /// What all providers read.
    package static let mediaTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]
    /// How closely OpenAI's models look. Other formats have no word for it, and leave it out.
    package static let details = ["auto", "low", "high", "original"]
    /// Characters of an address; signed ones are long.
    package static let addressLimit = 8_192

    package let source: Source
    package let detail: String?

    /// - Parameter url: An address, or the image itself as `data:TYPE;base64,…`.
    package init(url: String, detail: String? = nil) throws(Fault) {
        if let detail, !Self.details.contains(detail) {
            throw Fault(sentence: "An image's `detail` is one of \(Self.details.joined(separator: ", ")).")
        }
        self.detail = detail
        guard url.hasPrefix("data:") else {
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw Fault(sentence: "An image is an address with https:// or http://, or the image itself as data:image/png;base64,….")
            }
            guard url.utf8.count <= Self.addressLimit else {
                throw Fault(sentence: "The address of an image has at most \(Self.addressLimit) characters.")
            }
            source = .address(url)
            return
        }
        let rest = url.utf8.dropFirst("data:".utf8.count)
        guard let comma = rest.firstIndex(of: UInt8(ascii: ",")), let head = Self.head(rest[..<comma]) else {
            throw Fault(sentence: "An image in a data URL is written as data:image/png;base64,….")
        }
        source = try Self.data(mediaType: head, base64: String(url[url.utf8.index(after: comma)...]))
    }

    package init(mediaType: String, base64: String) throws(Fault) {
        detail = nil
        source = try Self.data(mediaType: mediaType, base64: base64)
    }

    /// As one text, the way in which OpenAI's formats want it.
    package var url: String {
        switch source {
        case .address(let address): address
        case .data(let mediaType, let base64): "data:\(mediaType);base64,\(base64)"
        }
    }

    /// `image/png` of `image/png;base64`, parameters between the two passed over; nil for data that is written in another way.
    private static func head(_ text: Substring.UTF8View) -> String? {
        let words = Substring(text).split(separator: ";", omittingEmptySubsequences: false)
        guard words.count > 1, words.last == "base64" else { return nil }
        return words.first.map { $0.lowercased() }
    }

    private static func data(mediaType: String, base64: String) throws(Fault) -> Source {
        guard mediaTypes.contains(mediaType) else {
            throw Fault(sentence: "Images of the type \(mediaType.prefix(64)) are not supported; send \(mediaTypes.joined(separator: ", ")).")
        }
        guard isBase64(base64.utf8) else { throw Fault(sentence: "The image's data is no base64.") }
        return .data(mediaType: mediaType, base64: base64)
    }

    /// Whether a text is base64 without line breaks, and not empty.
    private static func isBase64(_ text: String.UTF8View) -> Bool {
        guard !text.isEmpty, text.count.isMultiple(of: 4) else { return false }
        let padding = text.suffix(2).count(where: { $0 == UInt8(ascii: "=") })
        return text.dropLast(padding).allSatisfy { byte in
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 43 || byte == 47
        }
    }
}
