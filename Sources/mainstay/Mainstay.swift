import ArgumentParser
import AsyncHTTPClient
import Configuration
import Histogram
import Hummingbird
import NIOSSL
import Metrics

@main
struct Mainstay: AsyncParsableCommand {
    func run() async throws {}
}
