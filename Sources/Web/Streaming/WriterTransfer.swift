package import Hummingbird

/// Hands the response's writer to the task that writes.
///
/// Unchecked: the task that makes it does not touch the writer again, and exactly one other uses it.
package struct WriterTransfer: @unchecked Sendable {
    package let writer: any ResponseBodyWriter

    package init(_ writer: any ResponseBodyWriter) {
        self.writer = writer
    }
}
