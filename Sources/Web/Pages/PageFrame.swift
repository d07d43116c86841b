import Crypto
import Foundation
package import HTTPTypes
package import Hummingbird
import NIOCore

/// What the pages of a feature have in common: the document around them, one style, one script, and the headers that keep
/// anything else from running.
///
/// The policy names style and script by their hashes. So a text that found a way past the escaping would be neither: nothing
/// else runs, nothing is loaded from elsewhere, no form goes elsewhere, and no page frames ours.
package struct PageFrame: Sendable {
    private let style: HTML
    private let script: HTML
    /// The value of `Content-Security-Policy`.
    package let policy: String

    /// - Parameters:
    ///   - style: what stands in the one `<style>`. It is a literal of the source code, as any ``HTML``.
    ///   - script: what stands in the one `<script>`, at the end of the page.
    package init(style: HTML, script: HTML) {
        self.style = style
        self.script = script
        policy = [
            "default-src 'none'", "style-src '\(Self.hash(of: style))'", "script-src '\(Self.hash(of: script))'", "connect-src 'self'",
            "img-src data:", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
    }

    /// A whole document.
    /// - Parameters:
    ///   - title: of the window.
    ///   - head: more of the head.
    ///   - header: above the page's own content.
    package func document(title: String, head: HTML = .empty, header: HTML = .empty, main: HTML) -> HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="data:,">
        \(head)
        <style>\(style)</style>
        </head>
        <body>
        \(header)
        <main>
        \(main)
        </main>
        <script>\(script)</script>
        </body>
        </html>

        """
    }

    /// The answer with a document. It is never stored: pages show what others may not see, and are old in a second.
    package func response(_ document: HTML, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .contentSecurityPolicy: policy,
                .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
            ], body: .init(byteBuffer: ByteBuffer(string: document.markup)))
    }

    private static func hash(of piece: HTML) -> String {
        "sha256-" + Data(SHA256.hash(data: Array(piece.markup.utf8))).base64EncodedString()
    }
}

extension HTTPField.Name {
    /// How much of a page's address its links tell others.
    static let referrerPolicy = literal("referrer-policy")
    /// Where a browser says that a request comes from.
    package static let secFetchSite = literal("sec-fetch-site")
    /// What a proxy says of the client's side.
    package static let forwardedProto = literal("x-forwarded-proto")
}
