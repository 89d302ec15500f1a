// See CSignals.h.
#include "CSignals.h"

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t reports;
static volatile sig_atomic_t suspensions;
static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t watched = -1;
static int keys = -1;
static struct termios mode_before;
static volatile sig_atomic_t has_keys;

static void wake(void) {
  int saved = errno;
  // A full pipe is fine: it is readable already.
  ssize_t ignored = write(wake_pipe[1], "", 1);
  (void)ignored;
  errno = saved;
}

static void on_last_stop(int received) {
  kes_signals_leave_keys();
  kes_signals_die(received);
}

static void on_stop(int received) {
  stop_signal = received;
  // The next one, of either kind, ends the process at once.
  signal(SIGINT, has_keys ? on_last_stop : SIG_DFL);
  signal(SIGTERM, has_keys ? on_last_stop : SIG_DFL);
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

int kes_signals_take_keys(int terminal) {
  char name[256];
  if (keys < 0) {
    if (ttyname_r(terminal, name, sizeof name) != 0) return -1;
    keys = open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (keys < 0) return -1;
  }
  // Of our own terminal only the job in the foreground may change the mode.
  pid_t foreground = tcgetpgrp(keys);
  if (foreground >= 0 && foreground != getpgrp()) return -1;
  if (tcgetattr(keys, &mode_before) != 0) return -1;
  struct termios mode = mode_before;
  mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  if (tcsetattr(keys, TCSANOW, &mode) != 0) return -1;
  has_keys = 1;
  return 0;
}

int kes_signals_take_pressed(const char *wanted) {
  char pressed[64];
  int found = 0;
  ssize_t count = 0;
  while (has_keys && (count = read(keys, pressed, sizeof pressed)) > 0) {
    for (ssize_t index = 0; index < count; index++) {
      if (pressed[index] != 0 && strchr(wanted, pressed[index]) != NULL) found = 1;
    }
  }
  return found;
}

void kes_signals_leave_keys(void) {
  if (!has_keys) return;
  has_keys = 0;
  tcsetattr(keys, TCSANOW, &mode_before);
}

void kes_signals_die(int signal_number) {
  signal(signal_number, SIG_DFL);
  unblock(signal_number);
  raise(signal_number);
}
