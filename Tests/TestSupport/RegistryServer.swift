// A small schema registry on the loopback interface, with faults on demand.

import Foundation
import Synchronization

/// Speaks the REST API of a schema registry over real sockets, until it is stopped or goes away.
public final class RegistryServer: Sendable {
  /// What happens to a request instead of an answer.
  public enum Fault: Sendable {
    case response(SentResponse)
    /// Bytes instead of a response; then the connection is closed.
    case raw(String)
    /// No answer: the client has to give up.
    case silence
    /// Half an answer, and then silence.
    case stall
    /// The connection is closed without an answer.
    case close
    /// The connection is closed in the middle of the answer.
    case breakOff
    /// A good answer whose body is said to be longer than it is; then the connection is closed.
    case wrongLength
    /// A good answer, after which the connection is closed without a word.
    case answerAndClose
    /// A body of so many bytes.
    case huge(Int)

    /// An error of the server itself.
    public static func status(_ status: Int, headers: [String: String] = [:]) -> Fault {
      var response = RegistryModel.fault(status, status, "scripted")
      response.headers = headers
      return .response(response)
    }

    /// An answer of status 200 with this body.
    public static func body(_ text: String) -> Fault { .response(SentResponse(200, body: text)) }
  }

  private struct State {
    var model = RegistryModel()
    var faults: [Fault] = []
    var authorization: String?
    var requests: [ReceivedRequest] = []
  }

  private final class Core: Sendable {
    let state = Mutex(State())
  }

  private let core = Core()
  private let listener: LoopbackListener

  /// - Parameters:
  ///   - prefix: a path before those of the API.
  ///   - authorization: what the header of that name must be, such as `Basic dTpw`.
  public init(prefix: String = "", authorization: String? = nil) throws {
    self.prefix = prefix
    core.state.withLock { $0.authorization = authorization }
    listener = try LoopbackListener { [core] connection in
      RegistryServer.serve(connection, core, prefix)
    }
  }

  deinit { listener.stop() }

  private let prefix: String

  public var port: UInt16 { listener.port }
  public var url: String { "http://127.0.0.1:\(port)\(prefix)" }

  /// The value of `Authorization` for a user and a password.
  public static func basic(_ userInfo: String) -> String {
    "Basic " + Data(userInfo.utf8).base64EncodedString()
  }

  /// The next requests meet these faults, one each; those behind them are answered.
  public func fail(with faults: [Fault]) { core.state.withLock { $0.faults = faults } }

  /// All requests so far.
  public var requests: [ReceivedRequest] { core.state.withLock { $0.requests } }

  public var connectionCount: Int { listener.connectionCount }

  /// Changes what the registry knows, or how it decides.
  public func configure(_ change: (inout RegistryModel) -> Void) {
    core.state.withLock { change(&$0.model) }
  }

  /// Answers no more.
  public func stop() { listener.stop() }

  // MARK: Serving

  private static func serve(_ connection: LoopbackConnection, _ core: Core, _ prefix: String) {
    var reader = RequestReader(connection)
    while let request = reader.next() {
      let fault = core.state.withLock { state in
        state.requests.append(request)
        return state.faults.isEmpty ? nil : state.faults.removeFirst()
      }
      let isOver =
        switch fault {
        case nil: !connection.send(answer(request, core, prefix).data())
        case .some(let fault): commit(fault, connection) { answer(request, core, prefix) }
        }
      if isOver { return }
    }
  }

  private static func answer(
    _ request: ReceivedRequest, _ core: Core, _ prefix: String
  ) -> SentResponse {
    guard request.target.hasPrefix(prefix) else {
      return RegistryModel.fault(404, 404, "HTTP 404 Not Found")
    }
    var request = request
    request.target.removeFirst(prefix.count)
    return core.state.withLock { state in
      if let expected = state.authorization, request.headers["authorization"] != expected {
        return RegistryModel.fault(401, 401, "Unauthorized")
      }
      return state.model.respond(to: request)
    }
  }

  /// Whether the connection is over.
  private static func commit(
    _ fault: Fault, _ connection: LoopbackConnection, answer: () -> SentResponse
  ) -> Bool {
    switch fault {
    case .response(let response): return !connection.send(response.data())
    case .raw(let text): connection.send(text)
    case .silence: connection.waitForEnd()
    case .stall:
      sendHalf(connection, answer())
      connection.waitForEnd()
    case .close: break
    case .breakOff: sendHalf(connection, answer())
    case .wrongLength:
      let answer = answer()
      connection.send(answer.data(length: answer.body.count + 10))
    case .answerAndClose: connection.send(answer().data())
    case .huge(let count):
      let body = #"{"schema":""# + String(repeating: "x", count: count) + #""}"#
      connection.send(SentResponse(200, body: body).data())
    }
    return true
  }

  private static func sendHalf(_ connection: LoopbackConnection, _ answer: SentResponse) {
    let data = answer.data()
    connection.send(data.dropLast(answer.body.count / 2))
  }
}
