-- channelid is the name channels of the trunk begin with; of other technologies (dahdi, custom) it is not.
SELECT channelid FROM trunks WHERE tech IN ('pjsip', 'sip', 'iax', 'iax2') AND COALESCE(disabled, 'off') <> 'on'
