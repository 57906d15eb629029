<?php
/*
 * One event as such scripts send it: a PHP process that makes one POST with ext-curl and ends.
 *
 *   php event.php URL TOKEN CA CALLID PHONE EXT
 */
[, $url, $token, $ca, $callid, $phone, $ext] = $argv;
$curl = curl_init();
curl_setopt_array($curl, [
	CURLOPT_CAINFO => $ca === '' ? null : $ca,
	CURLOPT_POST => true,
	CURLOPT_HEADER => true,
	CURLOPT_RETURNTRANSFER => true,
	CURLOPT_URL => $url,
	CURLOPT_POSTFIELDS => http_build_query([
		'cmd' => 'event',
		'type' => 'in',
		'event' => 'INCOMING',
		'phone' => $phone,
		'diversion' => $ext,
		'ext' => $ext,
		'callid' => $callid,
		'planfix_token' => $token,
	]),
]);
$answer = curl_exec($curl);
if ($answer === false || curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
	fwrite(STDERR, curl_error($curl) . $answer . "\n");
	exit(1);
}
