# A journal for one program: perl journal.pl FILE COMMAND ARGUMENT ... ; run it where /run/systemd/journal may be written
# (tests/run/journal.sh). Stderr of the command is a socket of that name, as systemd makes it; entries go to FILE, a field a line, an empty
# line between two. Values with line breaks come as name, length and bytes (systemd, "Native Journal Protocol").
use strict;
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM SOCK_STREAM);
my ($file, @command) = @ARGV;
my $entries = IO::Socket::UNIX->new(Local => '/run/systemd/journal/socket', Type => SOCK_DGRAM) or die "socket: $!";
my $stdout = IO::Socket::UNIX->new(Local => '/run/systemd/journal/stdout', Type => SOCK_STREAM, Listen => 1) or die "stdout: $!";
my $stream = IO::Socket::UNIX->new(Peer => '/run/systemd/journal/stdout', Type => SOCK_STREAM) or die "connect: $!";
my $pid = fork;
if (!$pid) {
	open STDERR, '>&', $stream or die;
	exec @command or exit 127;
}
my $peer = $stdout->accept;
close $stream;
open my $out, '>', $file or die;
my $select = IO::Select->new($entries, $peer);
my ($text, $open) = ('', 1);
while ($open || $select->can_read(0.5)) {
	for my $ready ($select->can_read(0.5)) {
		if ($ready == $peer) {
			my $got = sysread $peer, my $piece, 65536;
			if (!$got) { $select->remove($peer); $open = 0; next }
			print $out "STDERR=$piece\n";
			next;
		}
		recv $entries, my $entry, 262144, 0;
		while (length $entry) {
			if ($entry =~ s/^([A-Z0-9_]+)=([^\n]*)\n//) { print $out "$1=$2\n" }
			elsif ($entry =~ s/^([A-Z0-9_]+)\n(.{8})//s) {
				my ($name, $n) = ($1, unpack 'Q<', $2);
				(my $value = substr $entry, 0, $n) =~ s/\n/\\n/g;
				substr($entry, 0, $n + 1) = '';
				print $out "$name=$value\n";
			} else { print $out "BAD=$entry\n"; last }
		}
		print $out "\n";
	}
}
waitpid $pid, 0;
exit $? >> 8;
