throw new TypeError('no configuration beside the bundle');
