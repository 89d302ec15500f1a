// Asks the servers of a registry until one answers, and says when that takes long.

internal import Glibc

/// HTTP requests with retries: over all URLs in turn, then again after a pause that doubles.
///
/// All operations of the API may be repeated: registering a schema again gives the id that it has.
/// Tried again is what may pass by itself: no connection, no answer in time, an answer that breaks
/// off, the statuses 429 and 5xx; never another 4xx. A registry that has answered once is there: from
/// then on it is waited for, as long as nobody ends that, however often it was asked.
final class RegistryClient {
  private let urls: [RegistryURL]
  private let settings: RegistrySettings
  private let clock: RegistryClock
  private let watch: RegistryWatch
  private let library: () throws(Failure) -> CurlLibrary
  /// Made at the first request.
  private var handle: CurlHandle?
  /// Which of the URLs answered last: it is asked first.
  private var preferred = 0
  private var hasAnswered = false
  /// While an answer is waited for.
  private var absence: RegistryAbsence?

  /// While a registry is waited for that was there: our choice, as it may be back at any time.
  private static let greatestPauseOfAbsence: Int64 = 1000
  /// How long nothing is looked at while waiting. Our choice.
  private static let greatestSlice: Int64 = 250

  /// Our choice, after Confluent's clients: no pause is longer.
  private static let greatestPauseMilliseconds: Int64 = 20_000

  /// - Parameter library: gives libcurl at the first request.
  init(
    urls: [RegistryURL], settings: RegistrySettings, clock: RegistryClock,
    watch: RegistryWatch = RegistryWatch(),
    library: @escaping () throws(Failure) -> CurlLibrary = { () throws(Failure) in
      try CurlLibrary.shared.get()
    }
  ) {
    precondition(!urls.isEmpty)
    self.urls = urls
    self.settings = settings
    self.clock = clock
    self.watch = watch
    self.library = library
  }

  /// The server's name for messages about `path`.
  func place(_ path: String) -> String { urls[preferred].base + path }

  /// Why one attempt failed, and how long the server wants us to wait.
  private struct Setback {
    var place: String
    var reason: String
    var retryAfterMilliseconds: Int64?
  }

  /// The answer to a request, of a status below 500 but for 429. Throws `Failure`.
  func answer(
    _ method: String, _ path: String, body: String? = nil
  ) throws(Failure) -> HTTPAnswer {
    var setback = Setback(place: place(path), reason: "")
    var (attempts, round) = (0, Int64(0))
    absence = hasAnswered ? RegistryAbsence(now: clock.monotonic()) : nil
    defer { absence = nil }
    while hasAnswered || round <= settings.greatestRetries {
      if round > 0 && !pause(before: round, after: setback) { break }
      for _ in urls {
        attempts += 1
        let request = HTTPRequest(method: method, url: urls[preferred], path: path, body: body)
        switch try attempt(request) {
        case .success(let answer):
          hasAnswered = true
          if let note = absence?.end(request.url.base, now: clock.monotonic()) { watch.note(note) }
          return answer
        case .failure(let found): setback = found
        }
        if !goesOn(setback) { throw unreachable(setback, attempts) }
        preferred = (preferred + 1) % urls.count
      }
      round += 1
    }
    throw unreachable(setback, attempts)
  }

  private func unreachable(_ setback: Setback, _ attempts: Int) -> Failure {
    .unreachable(place: setback.place, reason: setback.reason, attempts: attempts)
  }

  /// Tells whoever waits, where that is due; false where nobody waits any more.
  private func goesOn(_ setback: Setback) -> Bool {
    if let note = absence?.takeNote(setback.place, setback.reason, now: clock.monotonic()) {
      watch.note(note)
    }
    return watch.goesOn()
  }

  private enum Attempt {
    case success(HTTPAnswer)
    case failure(Setback)
  }

  /// Throws what no further attempt would mend.
  private func attempt(_ request: HTTPRequest) throws(Failure) -> Attempt {
    let place = request.url.base + request.path
    do {
      let answer = try send(request)
      if answer.status < 500 && answer.status != 429 { return .success(answer) }
      return .failure(
        Setback(
          place: place, reason: answer.complaint,
          retryAfterMilliseconds: answer.retryAfterMilliseconds))
    } catch {
      let reason = error.reason.asOneLine()
      switch error.registryFault {
      case .untrusted: throw .untrusted(place: place, reason: reason)
      case .badCertificate: throw .badCertificate(place: place, reason: reason)
      case .badAnswer: throw .badAnswer(place: place, found: reason)
      case .libraryMissing: throw .libraryMissing(reason: reason)
      default: return .failure(Setback(place: place, reason: reason))
      }
    }
  }

  private func send(_ request: HTTPRequest) throws(Failure) -> HTTPAnswer {
    if handle == nil { handle = try CurlHandle(library(), settings: settings) }
    let waiting = Setback(place: request.url.base + request.path, reason: "no answer yet")
    let answer = try handle?.answer(to: request) { self.goesOn(waiting) }
    guard let answer else { preconditionFailure("made above") }
    return answer
  }

  /// Waits before attempt `round`, counted from 0; false where the process is to end.
  private func pause(before round: Int64, after setback: Setback) -> Bool {
    let doublings = min(round - 1, 20)
    let greatest =
      hasAnswered
      ? RegistryClient.greatestPauseOfAbsence : RegistryClient.greatestPauseMilliseconds
    var wait = min(settings.retryWaitMilliseconds << doublings, greatest)
    if let asked = setback.retryAfterMilliseconds {
      // A server may ask for hours: no longer than an answer may take.
      wait = max(wait, min(asked, settings.requestTimeoutMilliseconds))
    }
    while hasAnswered && wait > RegistryClient.greatestSlice {
      if !clock.pause(RegistryClient.greatestSlice) || !goesOn(setback) { return false }
      wait -= RegistryClient.greatestSlice
    }
    return clock.pause(wait)
  }
}

/// Who is told of waiting for a registry, and may end it.
public struct RegistryWatch {
  /// Called at least once a second while an answer is waited for; false ends the waiting, because the
  /// process is to end.
  public var goesOn: () -> Bool
  /// Told what a user wants to know.
  public var note: (String) -> Void

  public init(
    goesOn: @escaping () -> Bool = { true }, note: @escaping (String) -> Void = { _ in }
  ) {
    self.goesOn = goesOn
    self.note = note
  }
}

/// Times the waiting for an answer of a registry that has answered before, and says when that is worth
/// a word. All in milliseconds of one clock.
struct RegistryAbsence {
  private let began: Int64
  private var nextNote: Int64
  private var hasNoted = false

  /// Our choice: longer than an answer takes where all is well.
  private static let quiet: Int64 = 1000
  /// How often it is said again. Our choice, as for a group that gives no partitions.
  private static let interval: Int64 = 60_000

  init(now: Int64) {
    began = now
    nextNote = now + RegistryAbsence.quiet
  }

  /// What to say while `place` does not answer, where that is to be said now.
  mutating func takeNote(_ place: String, _ reason: String, now: Int64) -> String? {
    if now < nextNote { return nil }
    nextNote = now + RegistryAbsence.interval
    hasNoted = true
    return "\(place): the schema registry does not answer: \(reason); waiting for it, for"
      + " \((now - began) / 1000) s now"
  }

  /// What to say when it answers; nil where nobody was told that it does not.
  func end(_ place: String, now: Int64) -> String? {
    hasNoted
      ? "\(place): the schema registry answers again, after \((now - began) / 1000) s" : nil
  }
}

/// A clock, and waiting between attempts.
public struct RegistryClock: Sendable {
  /// Milliseconds of a clock that only goes forward, from any beginning.
  public var monotonic: @Sendable () -> Int64
  /// Waits so many milliseconds; false where there is no point in another attempt, because the
  /// process is to end.
  public var pause: @Sendable (_ milliseconds: Int64) -> Bool

  public init(
    monotonic: @escaping @Sendable () -> Int64,
    pause: @escaping @Sendable (_ milliseconds: Int64) -> Bool
  ) {
    self.monotonic = monotonic
    self.pause = pause
  }

  public static let real = RegistryClock(
    monotonic: {
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    },
    pause: { milliseconds in
      // A signal ends the pause early.
      _ = poll(nil, 0, Int32(clamping: milliseconds))
      return true
    })
}
