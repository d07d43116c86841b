import Crypto
import Jobs
import HTTPTypes
import Hummingbird
import Web
import Workspaces

/// A file that pages load from us, carried in the binary. Its address changes with what is in it, so that whoever has it may keep it.
struct PageAsset: Sendable {
    static let style = PageAsset("/assets/pages.css", "text/css; charset=utf-8", PackageResources.pages_css)
    static let script = PageAsset("/assets/pages.js", "text/javascript; charset=utf-8", PackageResources.pages_js)

    let path: String
    let bytes: [UInt8]
    private let contentType: String
    private let mark: String

    private init(_ path: String, _ contentType: String, _ bytes: [UInt8]) {
        self.path = path
        self.contentType = contentType
        self.bytes = bytes
        mark = Array(SHA256.hash(data: bytes).prefix(6)).hexadecimal
    }

    /// Where pages load it from.
    var address: String { "\(path)?v=\(mark)" }

    /// Under the address of another release it is handed out as well, and asked for again the next time.
    func body(_ request: Request, _ context: AppContext) throws -> KeptBody {
        let isThisOne = try Query(request)["v"] == mark
        return KeptBody(
            bytes: bytes, contentType: contentType, maxAge: isThisOne ? .seconds(86_400) : .zero, headers: [.xContentTypeOptions: "nosniff"])
    }
}
