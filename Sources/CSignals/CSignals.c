// See CSignals.h.
#include "CSignals.h"

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t reports;
static volatile sig_atomic_t suspensions;
static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t watched = -1;

static void wake(void) {
  int saved = errno;
  // A full pipe is fine: it is readable already.
  ssize_t ignored = write(wake_pipe[1], "", 1);
  (void)ignored;
  errno = saved;
}

static void on_stop(int received) {
  stop_signal = received;
  // The next one, of either kind, ends the process at once.
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  wake();
}

static void on_report(int signal) {
  (void)signal;
  reports = reports + 1;
  wake();
}

static void on_suspend(int signal) {
  (void)signal;
  suspensions = 1;
  wake();
}

static int handle(int signal, void (*handler)(int)) {
  struct sigaction action;
  struct sigaction present;
  // A signal that our parent ignores (nohup, a background job) stays ignored.
  if (sigaction(signal, NULL, &present) == 0 && present.sa_handler == SIG_IGN) return 0;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(signal, &action, NULL);
}

// A parent may have started us with signals blocked, as thread pools do: then
// nobody could stop us.
static void unblock(int signal) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
}

int kes_signals_install(void) {
  if (wake_pipe[0] >= 0) return wake_pipe[0];
  if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  if (handle(SIGINT, on_stop) != 0) return -1;
  if (handle(SIGTERM, on_stop) != 0) return -1;
  if (handle(SIGUSR1, on_report) != 0) return -1;
  unblock(SIGINT);
  unblock(SIGTERM);
  unblock(SIGUSR1);
  unblock(SIGPIPE);
  return wake_pipe[0];
}

void kes_signals_ignore_file_limit(void) { signal(SIGXFSZ, SIG_IGN); }

int kes_signals_stop(void) { return stop_signal; }

void kes_signals_ask_to_stop(int signal_number) {
  if (stop_signal != 0) return;
  stop_signal = signal_number;
  wake();
}

void kes_signals_watch(int descriptor) { watched = descriptor; }

int kes_signals_watched(void) { return watched; }

static void drain(void) {
  char drained[64];
  while (read(wake_pipe[0], drained, sizeof drained) > 0) {
  }
}

int kes_signals_take_reports(void) {
  drain();
  int taken = reports;
  reports = 0;
  return taken;
}

int kes_signals_catch_suspension(void) {
  unblock(SIGTSTP);
  return handle(SIGTSTP, on_suspend);
}

int kes_signals_take_suspension(void) {
  if (!suspensions) return 0;
  drain();
  suspensions = 0;
  return 1;
}

// By SIGSTOP: the kernel ignores SIGTSTP in a process group that no shell looks after.
void kes_signals_suspend(void) { raise(SIGSTOP); }

void kes_signals_die(int signal_number) {
  signal(signal_number, SIG_DFL);
  unblock(signal_number);
  raise(signal_number);
}
