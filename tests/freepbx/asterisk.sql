-- The part of FreePBX's own database that init reads (FreePBX framework and core, their install files), with a PBX's few settings.
CREATE TABLE freepbx_settings (
	keyword varchar(50) NOT NULL DEFAULT '',
	value varchar(255) DEFAULT NULL,
	PRIMARY KEY (keyword)
);
INSERT INTO freepbx_settings VALUES
	('ASTSPOOLDIR', '/var/spool/asterisk'),
	('MIXMON_DIR', ''),
	('MIXMON_FORMAT', 'wav'),
	('CDRUSEGMT', '0'),
	('CEL_ENABLED', '1'),
	('CDRDBNAME', ''),
	('CELDBTABLENAME', NULL),
	('AMPDBPASS', 'is-not-asked-for');
CREATE TABLE users (
	extension varchar(20) NOT NULL DEFAULT '',
	password varchar(20) DEFAULT NULL,
	name varchar(50) DEFAULT NULL,
	PRIMARY KEY (extension)
);
INSERT INTO users VALUES ('101', 'never-read', 'First'), ('102', 'never-read', 'Second'), ('103', 'never-read', 'Third');
CREATE TABLE trunks (
	trunkid int(11) NOT NULL DEFAULT 0,
	name varchar(50) NOT NULL DEFAULT '',
	tech varchar(20) NOT NULL,
	channelid varchar(255) NOT NULL DEFAULT '',
	disabled varchar(4) DEFAULT 'off',
	PRIMARY KEY (trunkid, tech, channelid)
);
INSERT INTO trunks VALUES (1, 'Mango', 'pjsip', 'mango', 'off'), (2, 'Old', 'sip', 'old-provider', 'on'), (3, 'E1', 'dahdi', 'g0', 'off'),
	(4, 'Second', 'sip', 'second', NULL);
