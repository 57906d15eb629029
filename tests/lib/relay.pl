# A relay before a server's socket that holds one answer in its middle: perl relay.pl SOCKET SERVER PATTERN HELD
#
# Who connects to SOCKET talks to SERVER. Of the first statement that matches PATTERN 100 kB of the answer are handed on; then HELD is made,
# and the rest waits until it is taken away. It ends when it is killed, or with its parent.
use strict;
use IO::Select;
use IO::Socket::UNIX;
my ($socket, $server, $pattern, $held) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 8) or die "$socket: $!";
my $select = IO::Select->new($listener);
my (%other, %client, $watched, $waits);
my $seen = 0;
sub end {
	my ($one) = @_;
	my $two = $other{$one};
	for my $end ($one, $two) { $select->remove($end); delete @other{$end}; delete $client{$end}; close $end }
}
my $parent = getppid;
while (getppid == $parent) {
	for my $ready ($select->can_read($waits ? 0.05 : 1)) {
		if ($ready == $listener) {
			my $near = $listener->accept or next;
			my $far = IO::Socket::UNIX->new(Peer => $server) or do { close $near; next };
			@other{$near, $far} = ($far, $near);
			$client{$near} = 1;
			$select->add($near, $far);
			next;
		}
		next unless $other{$ready}; # its other end was closed just now
		my $n = sysread $ready, my $piece, 16384;
		if (!$n) { end($ready); next }
		$watched //= $other{$ready} if $client{$ready} && $piece =~ /$pattern/s;
		my $at = 0;
		while ($at < $n) {
			my $written = syswrite $other{$ready}, $piece, $n - $at, $at;
			last unless $written;
			$at += $written;
		}
		next unless $watched && $ready == $watched && $seen < 100000;
		$seen += $n;
		if ($seen >= 100000) {
			open my $file, '>', $held or die "$held: $!";
			$select->remove($watched);
			$waits = 1;
		}
	}
	if ($waits && !-e $held) { $waits = 0; $select->add($watched) if $other{$watched} }
}
